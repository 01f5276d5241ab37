"""For notebooks and jobs on Spark: ``records(spark.table("clinical.notes"))`` is the DataFrame of the records of these notes."""

from oncospan.runners.spark import records

__all__ = ["records"]

"""From a case to ICD-10-CM codes: raise, validate, order."""

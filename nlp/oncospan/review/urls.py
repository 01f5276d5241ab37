"""The addresses of the workbench: ids are numbers, and nothing else of a patient stands in them."""
urlpatterns: list[object] = []

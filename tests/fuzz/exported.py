"""An export of a utility as the tests hand it in, and how its columns are to be read."""

MAPPING = """kind = "bills"
period_format = "YYYY-MM"
[columns]
period = "month"
quantity = "kWh"
site = "site"
[constants]
activity = "electricity.grid"
unit = "kWh"
"""
"""Of ``month,site,kWh``: bought electricity."""

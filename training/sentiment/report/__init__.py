"""The report of a run, report.html: its page, tables, and sentences."""

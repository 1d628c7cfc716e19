"""What a run leaves for readers: tables, pictures, report.html and models/README.md."""

"""What the trade's data look like: dates, numbers, names, CPR numbers, files, QR codes, spreadsheets. Knows no page."""

"""Answers: taking them in, their receipts, and reading them."""

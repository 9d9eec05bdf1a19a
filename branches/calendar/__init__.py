"""The calendar: days of rest, when a rest begins and ends, the managers' exceptions. No rows are written."""

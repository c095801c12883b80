"""Calendars that other systems keep, one package each."""

"""Carriers of data lines, one package each."""

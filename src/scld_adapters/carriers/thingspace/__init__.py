"""Verizon ThingSpace Connectivity Management: lines that are suspended and restored by asynchronous requests."""

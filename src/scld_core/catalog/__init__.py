"""Items: id, barcode and status word."""

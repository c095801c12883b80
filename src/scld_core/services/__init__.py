"""What spans areas."""

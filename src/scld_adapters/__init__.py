"""What touches a wire, a disk or a vendor."""

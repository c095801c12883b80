"""What several test folders share: synthetic devices and a small world around them."""

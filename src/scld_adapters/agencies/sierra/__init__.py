"""The collection agency reports of Sierra."""

"""How backends and declarations are found, checked and called."""

"""Collection agencies: ways to bring files to them, and the layouts of those files."""

"""Values to and from text: JSON, TOML and tables; cattrs lives here only."""

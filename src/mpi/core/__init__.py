"""What has nothing to do with poverty: errors, exact numbers, TOML, files, threads."""

"""The referral run: files to the agency, and fee, flag and block only after the receipt of one."""

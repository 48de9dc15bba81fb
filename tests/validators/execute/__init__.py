"""Executes workflows as GitHub would, against stub tools and a platform that lives in a file."""

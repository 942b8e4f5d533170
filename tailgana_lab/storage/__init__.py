"""The store: what was measured, kept in SQLite or PostgreSQL, found again by its text, with code that can run again.

It measures nothing and runs nothing. SQLAlchemy is imported when a store is first used, not before.
"""

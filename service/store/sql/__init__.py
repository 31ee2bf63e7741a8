"""The database: its tables and migrations, and what every module does with rows."""

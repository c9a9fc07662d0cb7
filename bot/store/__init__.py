"""What is kept, in SQLite or PostgreSQL: SQLAlchemy Core inside, domain objects in and out."""

"""The tables, as SQLAlchemy knows them; migrations make them."""

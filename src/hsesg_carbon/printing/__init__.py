"""What a terminal shows: tables and sentences for people, plain documents for ``--json``."""

"""A guestbook's API: `main` serves it, `migrate` makes its tables, `worker` counts."""

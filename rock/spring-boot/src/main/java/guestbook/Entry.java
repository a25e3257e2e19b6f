package guestbook;

/** A row of the guestbook. A worker counts it some time after it was written. */
record Entry(int id, String text, boolean counted) {}

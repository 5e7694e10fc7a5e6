"""One channel a file. Each is handed a parcel and tells what became of it."""

"""Getting objects in, and looking whether they are still what they were."""

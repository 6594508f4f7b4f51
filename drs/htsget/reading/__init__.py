"""Where records lie, by what files of reads and variants and their indexes say: no record is decoded."""

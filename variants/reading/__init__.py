"""VCF and BCF bytes in, alleles with their carriers out. Knows no database."""

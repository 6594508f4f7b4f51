"""Variants: VCF and BCF loading, the allele store, and the people and samples of a dataset as ordinals."""

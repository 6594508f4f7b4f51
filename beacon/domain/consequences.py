"""Molecular consequences: the Sequence Ontology terms that variant annotators use, and which are narrower."""

from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "3_prime_UTR_variant": "SO:0001624",
    "5_prime_UTR_premature_start_codon_gain_variant": "SO:0001983",
    "5_prime_UTR_variant": "SO:0001623",
    "NMD_transcript_variant": "SO:0001621",
    "TFBS_ablation": "SO:0001895",
    "TFBS_amplification": "SO:0001892",
    "TF_binding_site_variant": "SO:0001782",
    "coding_sequence_variant": "SO:0001580",
    "coding_transcript_variant": "SO:0001968",
    "conservative_inframe_deletion": "SO:0001825",
    "conservative_inframe_insertion": "SO:0001823",
    "disruptive_inframe_deletion": "SO:0001826",
    "disruptive_inframe_insertion": "SO:0001824",
    "downstream_gene_variant": "SO:0001632",
    "exon_loss_variant": "SO:0001572",
    "feature_elongation": "SO:0001907",
    "feature_truncation": "SO:0001906",
    "frameshift_variant": "SO:0001589",
    "incomplete_terminal_codon_variant": "SO:0001626",
    "inframe_deletion": "SO:0001822",
    "inframe_insertion": "SO:0001821",
    "initiator_codon_variant": "SO:0001582",
    "intergenic_region": "SO:0000605",
    "intergenic_variant": "SO:0001628",
    "intragenic_variant": "SO:0002011",
    "intron_variant": "SO:0001627",
    "mature_miRNA_variant": "SO:0001620",
    "missense_variant": "SO:0001583",
    "non_coding_transcript_exon_variant": "SO:0001792",
    "non_coding_transcript_variant": "SO:0001619",
    "protein_altering_variant": "SO:0001818",
    "regulatory_region_ablation": "SO:0001894",
    "regulatory_region_amplification": "SO:0001891",
    "regulatory_region_variant": "SO:0001566",
    "splice_acceptor_variant": "SO:0001574",
    "splice_donor_5th_base_variant": "SO:0001787",
    "splice_donor_region_variant": "SO:0002170",
    "splice_donor_variant": "SO:0001575",
    "splice_polypyrimidine_tract_variant": "SO:0002169",
    "splice_region_variant": "SO:0001630",
    "start_lost": "SO:0002012",
    "start_retained_variant": "SO:0002019",
    "stop_gained": "SO:0001587",
    "stop_lost": "SO:0001578",
    "stop_retained_variant": "SO:0001567",
    "synonymous_variant": "SO:0001819",
    "transcript_ablation": "SO:0001893",
    "transcript_amplification": "SO:0001889",
    "upstream_gene_variant": "SO:0001631",
}

NAMES: Mapping[str, str] = {term: name for name, term in TERMS.items()}

_NARROWER: Mapping[str, tuple[str, ...]] = {
    "coding_sequence_variant": (
        "protein_altering_variant",
        "synonymous_variant",
        "stop_retained_variant",
        "start_retained_variant",
        "incomplete_terminal_codon_variant",
        "initiator_codon_variant",
    ),
    "inframe_deletion": ("conservative_inframe_deletion", "disruptive_inframe_deletion"),
    "inframe_insertion": ("conservative_inframe_insertion", "disruptive_inframe_insertion"),
    "initiator_codon_variant": ("start_lost", "start_retained_variant"),
    "protein_altering_variant": (
        "frameshift_variant",
        "inframe_deletion",
        "inframe_insertion",
        "missense_variant",
        "stop_gained",
        "stop_lost",
    ),
}


def with_narrower(name: str) -> frozenset[str]:
    """The consequence and every narrower one."""
    found = {name}
    for narrower in _NARROWER.get(name, ()):
        found |= with_narrower(narrower)
    return frozenset(found)

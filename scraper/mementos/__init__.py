"""Web archives as a client sees them: Memento (RFC 7089), its links (RFC 8288), CDX servers, and copies taken there."""

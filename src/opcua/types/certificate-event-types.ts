/**
 * Events about certificates: the standard audit types of Part 5 §6.4.12 and Part 12 §7.10 are abstract, so each gets a concrete
 * subtype; what becomes of the server's own certificate has no standard event.
 */
export const certificateEventTypes = {
  CertificateDataMismatchAuditEventType: {
    description: 'A certificate was refused because it names another application than the one that uses it.',
    base: 'AuditCertificateDataMismatchEventType',
    fields: {},
  },
  CertificateExpiredAuditEventType: {
    description: 'A certificate was refused because of its dates, or those of an authority above it.',
    base: 'AuditCertificateExpiredEventType',
    fields: {},
  },
  CertificateInvalidAuditEventType: {
    description: 'A certificate was refused because it is none, is too weak, or does not fit together with its chain.',
    base: 'AuditCertificateInvalidEventType',
    fields: {},
  },
  CertificateUntrustedAuditEventType: {
    description: 'A certificate was refused because nobody has trusted it.',
    base: 'AuditCertificateUntrustedEventType',
    fields: {},
  },
  CertificateRevokedAuditEventType: {
    description: 'A certificate was refused because it was revoked, or because nobody can tell whether it was.',
    base: 'AuditCertificateRevokedEventType',
    fields: {},
  },
  CertificateMismatchAuditEventType: {
    description: 'A certificate was refused because it may not be used for that.',
    base: 'AuditCertificateMismatchEventType',
    fields: {},
  },
  TrustListChangedAuditEventType: {
    description: 'A client changed whom the server trusts, or tried to.',
    base: 'TrustListUpdatedAuditEventType',
    fields: {},
  },
  OwnCertificateChangedAuditEventType: {
    description: 'A client gave the server another certificate, or tried to.',
    base: 'CertificateUpdatedAuditEventType',
    fields: {},
  },
  ServerCertificateExpiresEventType: {
    description: 'The certificate of the server expires soon, or has expired.',
    base: 'SystemEventType',
    fields: {
      Thumbprint: { dataType: 'String', description: 'SHA-1 thumbprint of the certificate, in hexadecimal.' },
      ExpirationDate: { dataType: 'UtcTime', description: 'Last moment of its validity.' },
      DaysLeft: { dataType: 'UInt32', description: 'Whole days until then; 0 on the last one and from then on.' },
    },
  },
  ServerCertificateRenewedEventType: {
    description: 'The server has another certificate from now on; clients that trusted the old one have to trust it.',
    base: 'SystemEventType',
    fields: {
      Thumbprint: { dataType: 'String', description: 'SHA-1 thumbprint of the new certificate, in hexadecimal.' },
      OldThumbprint: { dataType: 'String', description: 'SHA-1 thumbprint of the one before.' },
      ExpirationDate: { dataType: 'UtcTime', description: 'Last moment of the validity of the new one.' },
    },
  },
  RevocationListExpiresEventType: {
    description: 'The revocation list of an authority has to be replaced soon, or is overdue.',
    base: 'SystemEventType',
    fields: {
      Issuer: { dataType: 'String', description: 'Name of the authority.' },
      Thumbprint: { dataType: 'String', description: 'SHA-1 thumbprint of its certificate, in hexadecimal.' },
      ExpirationDate: { dataType: 'UtcTime', description: 'When the next list is due.' },
    },
  },
} as const

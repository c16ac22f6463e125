const profile = (name: string): string => `http://opcfoundation.org/UA-Profile/${name}`

/**
 * The profiles that the server claims in `Server.ServerCapabilities.ServerProfileArray`: those that a test of this project
 * exercises through a client, and no other. It is no claim of certification.
 */
export const serverProfiles: readonly string[] = [
  profile('Transport/uatcp-uasc-uabinary'),
  profile('Server/DataAccess'),
  profile('Server/Methods'),
  profile('Server/ComplexTypes2017'),
  profile('Server/StateMachine'),
  profile('Server/StandardEventSubscription'),
  profile('Server/AddressSpaceNotifier'),
]

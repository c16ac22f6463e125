import { boolean, choice, dataTypes, double, list, record, text, uint32, unit, type Values } from 'millrace/plugin'

const named = {
  name: text({ description: 'Name of it here: letters, digits, _ and -.' }),
  type: choice(dataTypes, { optional: true, description: 'Data type; when absent a Double, which takes any number.' }),
  array: boolean({ default: false, description: 'Whether it is an array of that type.' }),
  unit: unit({ optional: true, description: 'Engineering unit.' }),
  min: double({ optional: true, description: 'Low end of its normal range.' }),
  max: double({ optional: true, description: 'High end of its normal range.' }),
  description: text({ default: '', description: 'What it means.' }),
}

const address =
  'NodeId (ns=2;s=Boiler.Level, nsu=urn:acme:plc;s=Boiler.Level) or browse path (/Objects/2:Boiler/2:Level)'

const tagFields = {
  ...named,
  node: text({ description: `The variable: ${address}.` }),
  access: choice(['read', 'write', 'readWrite'], {
    default: 'read',
    description: 'Whether the tag is read, written, or both.',
  }),
  samplingInterval: double({
    unit: 'ms',
    min: 0,
    optional: true,
    description: 'How often the server looks at the value, in place of the one of the device.',
  }),
  queueSize: uint32({
    min: 1,
    optional: true,
    description: 'Values that the server keeps until they are sent, in place of the one of the device.',
  }),
  deadband: double({ min: 0, optional: true, description: 'Smaller changes are not sent.' }),
  deadbandType: choice(['absolute', 'percent'], {
    default: 'absolute',
    description: 'Whether the deadband is in the unit of the value or in percent of its range.',
  }),
  trigger: choice(['Status', 'StatusValue', 'StatusValueTimestamp'], {
    default: 'StatusValue',
    description: 'What has to change for a value to be sent (Part 4 §7.22.2).',
  }),
}

const methodFields = {
  name: text({ description: 'Name of the method here: letters, digits, _ and -.' }),
  object: text({ description: `The object: ${address}.` }),
  method: text({ description: `The method: ${address}.` }),
  inputs: list(record(named), { default: [], description: 'Its input arguments, by the names that the server has.' }),
  outputs: list(record(named), { default: [], description: 'Its output arguments, by the names that the server has.' }),
  timeout: double({ unit: 'ms', min: 100, default: 60_000, description: 'Deadline of a call.' }),
  description: text({ default: '', description: 'What it does.' }),
}

/** Fields of the configuration of an OPC UA device. */
export const fields = {
  url: text({ description: 'Address of the server: opc.tcp://192.168.0.10:4840.' }),
  securityMode: choice(['best', 'SignAndEncrypt', 'Sign', 'None'], {
    default: 'best',
    description: 'best is the best that the server offers, but never None: that has to be asked for.',
  }),
  securityPolicy: choice(['best', 'Aes256_Sha256_RsaPss', 'Aes128_Sha256_RsaOaep', 'Basic256Sha256'], {
    default: 'best',
    description: 'Algorithms; best is the best that the server offers.',
  }),
  serverThumbprint: text({
    optional: true,
    description: 'SHA-1 thumbprint of the one server certificate to trust, in place of the folder of trusted ones.',
  }),
  user: text({ secret: true, optional: true, description: 'User name; anonymous when absent.' }),
  password: text({
    secret: true,
    optional: true,
    description: 'Password of the user; best from a variable of the environment.',
  }),
  userCertificate: text({
    optional: true,
    description: 'File of a certificate to log in with, in PEM or DER; it counts from the folder certificates/client.',
  }),
  userKey: text({ secret: true, optional: true, description: 'File of the key of that certificate, in PEM.' }),
  read: choice(['subscribe', 'poll'], {
    default: 'subscribe',
    description: 'Whether the server sends what changes, or is asked each `every`.',
  }),
  publishingInterval: double({ unit: 'ms', min: 10, default: 500, description: 'How often the server sends changes.' }),
  samplingInterval: double({
    unit: 'ms',
    min: 0,
    optional: true,
    description: 'How often the server looks at the values; the publishing interval when absent.',
  }),
  queueSize: uint32({
    min: 1,
    default: 10,
    description: 'Values of each tag that the server keeps until they are sent.',
  }),
  sessionTimeout: double({
    unit: 'ms',
    min: 1000,
    default: 60_000,
    description: 'How long the server keeps the session, with its queues, while the connection is away.',
  }),
  tags: list(record(tagFields), { min: 1, description: 'The tags of this device.' }),
  methods: list(record(methodFields), { default: [], description: 'Methods of the server that can be called.' }),
}

type Optional<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]?: T[P] | undefined }

/** An argument of a method, with its defaults. */
export type ArgumentConfig = Optional<Values<typeof named>, 'type' | 'unit' | 'min' | 'max'>

/** One entry of `tags`, with its defaults. */
export type TagConfig = Optional<
  Values<typeof tagFields>,
  'type' | 'unit' | 'min' | 'max' | 'samplingInterval' | 'queueSize' | 'deadband'
>

/** One entry of `methods`, with its defaults. */
export type MethodConfig = Omit<Values<typeof methodFields>, 'inputs' | 'outputs'> & {
  readonly inputs: readonly ArgumentConfig[]
  readonly outputs: readonly ArgumentConfig[]
}

/** The configuration of an OPC UA device, with its defaults. */
export type Config = Omit<
  Optional<
    Values<typeof fields>,
    'serverThumbprint' | 'user' | 'password' | 'userCertificate' | 'userKey' | 'samplingInterval'
  >,
  'tags' | 'methods'
> & { readonly tags: readonly TagConfig[]; readonly methods: readonly MethodConfig[] }

import { installResolution } from './resolve.ts'

// For `node --import`: afterwards `millrace/plugin` and `millrace/testing` can be imported from anywhere.
installResolution()

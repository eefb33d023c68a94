// By its name alone, so that the build leaves out the clients of the library's 15 MB of API groups: `build/bundle.ts`.
export { KubeConfig, PortForward } from '@kubernetes/client-node';

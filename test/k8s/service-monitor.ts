// As much of monitoring.coreos.com/v1 as k8s/ uses: no small package has the types of that definition.

export interface ServiceMonitor {
  readonly apiVersion: 'monitoring.coreos.com/v1'
  readonly kind: 'ServiceMonitor'
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
    readonly endpoints: readonly {
      /** Name of a port of the service. */
      readonly port: string
      readonly path?: string
      /** A duration, such as 15s. */
      readonly interval?: string
    }[]
  }
}

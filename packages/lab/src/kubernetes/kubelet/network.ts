/** The pods' network: made-up addresses, and the loopback ports that are behind them. */
export class PodNetwork {
  readonly #ports = new Map<string, number>()
  readonly #open = new Map<string, Set<number>>()
  #next = 1

  /** A new address of 10.244.0.0/16; none is given twice. */
  allocate(): string {
    this.#next++
    return `10.244.${(this.#next >> 8) & 255}.${this.#next & 255}`
  }

  open(ip: string, port: number, realPort: number): void {
    this.#ports.set(`${ip}:${port}`, realPort)
    const ports = this.#open.get(ip) ?? new Set()
    this.#open.set(ip, ports.add(port))
  }

  close(ip: string, port: number, realPort: number): void {
    if (this.#ports.get(`${ip}:${port}`) !== realPort) return
    this.#ports.delete(`${ip}:${port}`)
    this.#open.get(ip)?.delete(port)
  }

  /** The loopback port behind an address, or undefined when nothing listens there. */
  resolve(ip: string, port: number): number | undefined {
    return this.#ports.get(`${ip}:${port}`)
  }

  /** The ports that a pod listens on, smallest first. */
  portsOf(ip: string): readonly number[] {
    return [...(this.#open.get(ip) ?? [])].sort((a, b) => a - b)
  }
}

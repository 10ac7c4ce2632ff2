/** What we use of ncc, which publishes no types. */
declare module '@vercel/ncc' {
  namespace ncc {
    interface Options {
      readonly minify: boolean
      readonly esm: boolean
      readonly cache: false
      readonly quiet: boolean
      readonly target: string
    }
    interface Stats {
      readonly compilation: {
        readonly chunks: Iterable<Chunk>
        readonly chunkGraph: { getChunkModulesIterable(chunk: Chunk): Iterable<Module> }
      }
    }
    interface Chunk {
      readonly id: number | string | null
      readonly groupsIterable: Iterable<{ readonly origins: readonly { readonly request?: string }[] }>
    }
    interface Module {
      /** The file it was made from. */
      nameForCondition(): string | null
    }
    interface Result {
      readonly code: string
      readonly assets: Readonly<Record<string, { readonly source: Buffer | string }>>
      readonly stats: Stats
    }
  }
  function ncc(entry: string, options: ncc.Options): Promise<ncc.Result>
  export default ncc
}

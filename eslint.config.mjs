import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/**', 'build/**', '**/node_modules/**', 'demo-output/**'] },
  ...tseslint.configs.strict,
)

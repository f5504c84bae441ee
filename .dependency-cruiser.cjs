// Who may import whom. tools/layers.ts runs this and fails when nothing was examined.
const capability = '^server/src/capabilities/([^/]+)/';
module.exports = {
  forbidden: [
    // The page's routes are loaded when they are visited, so a route may link back to the router that loads it.
    {
      name: 'no-circles',
      severity: 'error',
      from: { pathNot: '^web/src/(router|[^/]+/page)\\.tsx$' },
      to: { circular: true },
    },
    {
      name: 'contract-imports-zod-only',
      severity: 'error',
      from: { path: '^contract/src', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^contract/src', 'node_modules/zod/'] },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^server/src/core', pathNot: '\\.test\\.ts$' },
      to: { path: '^(server/src/(?!core/)|web/|cli/|testkit/)' },
    },
    {
      name: 'cli-knows-the-contract-only',
      severity: 'error',
      from: { path: '^cli/src', pathNot: '\\.test\\.ts$' },
      to: { path: '^(server|web|testkit)/' },
    },
    {
      name: 'web-knows-types-of-the-contract-only',
      severity: 'error',
      from: { path: '^web/src' },
      to: { path: ['^(server|cli|testkit)/', 'node_modules/zod/'] },
    },
    {
      name: 'domain-decides-only',
      severity: 'error',
      from: { path: '^server/src/capabilities/.*/domain\\.ts$' },
      to: { path: '^server/src/(?!core/)', pathNot: ['^server/src/capabilities/[^/]+/(domain|api)\\.ts$'] },
    },
    {
      name: 'domain-has-no-node',
      severity: 'error',
      from: { path: '^server/src/capabilities/.*/domain\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'capabilities-meet-through-api',
      severity: 'error',
      from: { path: capability, pathNot: '\\.test\\.ts$' },
      to: {
        path: '^server/src/capabilities/',
        pathNot: [
          '^server/src/capabilities/$1/',
          '^server/src/capabilities/[^/]+/api\\.ts$',
          '^server/src/capabilities/checks/kind\\.ts$',
        ],
      },
    },
    {
      name: 'below-capabilities',
      severity: 'error',
      from: { path: '^server/src/(platform|storage|bus)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/src/(capabilities|surfaces|app)/' },
    },
    {
      name: 'surfaces-never-touch-a-store',
      severity: 'error',
      from: { path: '^server/src/surfaces/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/src/(storage|capabilities|app)/' },
    },
    {
      name: 'only-main-imports-app',
      severity: 'error',
      from: { pathNot: ['^server/src/(main\\.ts|app/)', '\\.test\\.ts$', '^(bench|tools|testkit)/'] },
      to: { path: '^server/src/app/' },
    },
    {
      name: 'testkit-is-for-tests',
      severity: 'error',
      from: { pathNot: ['\\.test\\.ts$', '^(testkit|bench|tools|web/test)/'] },
      to: { path: '^testkit/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^vite$' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
      // Packages that offer parts of themselves under names of their own: nodemailer/lib/….
      conditionNames: ['import', 'node', 'default'],
    },
  },
};

// Words that must not stand in the project: unfinished work, places of one machine, names that say nothing.
const RULES = [
  {what: 'unfinished work; finish it or leave it out', pattern: /\b(TODO|FIXME|XXX|HACK)\b/},
  {what: 'a path of one machine', pattern: /(^|[\s"'`(=:])\/(work|root|Users|home\/[a-z]+)\//},
  {what: 'an address of one network', pattern: /https?:\/\/(\d+\.\d+\.\d+\.\d+|[^\/\s]*\.(internal|local|lan|corp))\b/, unless: /127\.0\.0\.1|0\.0\.0\.0/},
  {what: 'a registry or mirror host; clients know their own', pattern: /https?:\/\/[^\/\s]*\b(registry|registries|mirror|artifactory|nexus|pypi|proxy)\b/i},
  {what: 'a test that does not run, without a reason beside it', pattern: /\bDISABLED_\w+|\bGTEST_SKIP\(\)(?! << "\w)/, files: /^tests\//},
  {what: 'torch as a whole; ATen suffices and compiles three times as fast', pattern: /#\s*include\s+<torch\/(torch|nn|extension)/},
  {what: 'a name that says nothing; what is it?',
    pattern: /\b(class|struct)\s+\w+(Manager|Handler|Helper|Util|Utils|Service|Processor|Controller)\b/, files: /^src\/.*\.(h|cpp)$/},
];
// The rules and their tests must name what they look for; lock files hold addresses by nature.
const EXEMPT = /^tools\/checks\/(words|checks_test)\.mjs$|package-lock\.json$/;

export function problems(tree) {
  const found = [];
  for (const [path, text] of tree) {
    if (EXEMPT.test(path)) continue;
    const rules = RULES.filter(rule => !rule.files || rule.files.test(path));
    text.split('\n').forEach((line, index) => {
      for (const {what, pattern, unless} of rules) {
        const match = line.match(pattern);
        if (match && !unless?.test(match[0])) found.push(`${path}:${index + 1}: "${match[0].trim()}": ${what}`);
      }
    });
  }
  return found;
}

import { render } from 'preact'
import { Shell } from './parts/shell.tsx'
import { followUrl, here } from './route.ts'
import { takeToken } from './session.ts'
import { Artifact } from './views/artifact.tsx'
import { Artifacts } from './views/artifacts.tsx'
import { Environment } from './views/environment.tsx'
import { Environments } from './views/environments.tsx'
import { Impact } from './views/impact.tsx'
import { Nowhere } from './views/nowhere.tsx'

function View() {
  const route = here.value
  switch (route.view) {
    case 'artifacts':
      return <Artifacts search={route.search} />
    case 'artifact':
      return <Artifact digest={route.digest} show={route.show} />
    case 'environments':
      return <Environments />
    case 'environment':
      return <Environment name={route.name} />
    case 'impact':
      return <Impact q={route.q} />
    case 'nowhere':
      return <Nowhere path={route.path} />
  }
}

takeToken()
followUrl()
const page = document.querySelector('#page')
if (page !== null) {
  render(
    <Shell>
      <View />
    </Shell>,
    page,
  )
}

import {
  AliasNode,
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  ColumnUpdateNode,
  IdentifierNode,
  OnNode,
  OperationNodeTransformer,
  OperatorNode,
  ParensNode,
  PrimitiveValueListNode,
  ReferenceNode,
  SelectQueryNode,
  TableNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  WhereNode,
} from 'kysely'
import type {
  DeleteQueryNode,
  InsertQueryNode,
  JoinNode,
  KyselyPlugin,
  MergeQueryNode,
  OnConflictNode,
  OperationNode,
  UpdateQueryNode,
  WithNode,
} from 'kysely'
import { fail } from '../kernel/errors.ts'
import type { Scope } from './scope.ts'

/**
 * Puts tenant and actor into every query: each table that is read, joined, changed or deleted from gets `tenant = …` where it
 * stands (in subqueries too), each inserted row gets both columns, each conflict target begins with the tenant. What it
 * cannot scope (raw tables, CTEs, merge, insert from select) it refuses.
 */
export function tenantPlugin(scope: Scope): KyselyPlugin {
  const transformer = new TenantTransformer(scope)
  return {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => ({ ...result, rows: result.rows.map(withoutTenant) }),
  }
}

/** Kysely's tree walk is a class to be extended. */
class TenantTransformer extends OperationNodeTransformer {
  readonly #scope: Scope

  constructor(scope: Scope) {
    super()
    this.#scope = scope
  }

  protected override transformSelectQuery(
    ...[node, queryId]: Parameters<OperationNodeTransformer['transformSelectQuery']>
  ): SelectQueryNode {
    const query = super.transformSelectQuery(node, queryId)
    return this.#restricted(query, query.from?.froms ?? [])
  }

  protected override transformUpdateQuery(
    ...[node, queryId]: Parameters<OperationNodeTransformer['transformUpdateQuery']>
  ): UpdateQueryNode {
    const query = super.transformUpdateQuery(node, queryId)
    const updates = [...(query.updates ?? []), ColumnUpdateNode.create(ColumnNode.create('actor'), ValueNode.create(this.#scope.actor))]
    return this.#restricted({ ...query, updates }, [...(query.table === undefined ? [] : [query.table]), ...(query.from?.froms ?? [])])
  }

  protected override transformDeleteQuery(
    ...[node, queryId]: Parameters<OperationNodeTransformer['transformDeleteQuery']>
  ): DeleteQueryNode {
    const query = super.transformDeleteQuery(node, queryId)
    return this.#restricted(query, [...query.from.froms, ...(query.using?.tables ?? [])])
  }

  protected override transformJoin(...[node, queryId]: Parameters<OperationNodeTransformer['transformJoin']>): JoinNode {
    const join = super.transformJoin(node, queryId)
    const condition = this.#conditions([join.table])
    if (condition === undefined) return join
    if (join.on === undefined) throw refused(`a ${join.joinType} without a condition`)
    return { ...join, on: OnNode.create(AndNode.create(ParensNode.create(join.on.on), condition)) }
  }

  protected override transformInsertQuery(
    ...[node, queryId]: Parameters<OperationNodeTransformer['transformInsertQuery']>
  ): InsertQueryNode {
    const query = super.transformInsertQuery(node, queryId)
    if (query.values === undefined || !ValuesNode.is(query.values) || query.columns === undefined || query.replace === true) {
      throw refused('an insert of anything but rows of values')
    }
    const own = [this.#scope.tenant, this.#scope.actor]
    const values = query.values.values.map((row) =>
      PrimitiveValueListNode.is(row)
        ? PrimitiveValueListNode.create([...own, ...row.values])
        : ValueListNode.create([...own.map((value) => ValueNode.create(value)), ...row.values]),
    )
    return {
      ...query,
      columns: [ColumnNode.create('tenant'), ColumnNode.create('actor'), ...query.columns],
      values: ValuesNode.create(values),
    }
  }

  protected override transformOnConflict(...[node, queryId]: Parameters<OperationNodeTransformer['transformOnConflict']>): OnConflictNode {
    const conflict = super.transformOnConflict(node, queryId)
    if (conflict.constraint !== undefined || conflict.indexExpression !== undefined) throw refused('a conflict target that is not columns')
    const updates = conflict.updates === undefined ? {} : { updates: [...conflict.updates, actorOfThisInsert()] }
    const columns = conflict.columns === undefined ? {} : { columns: [ColumnNode.create('tenant'), ...conflict.columns] }
    return { ...conflict, ...columns, ...updates }
  }

  protected override transformWith(): WithNode {
    throw refused('a common table expression')
  }

  protected override transformMergeQuery(): MergeQueryNode {
    throw refused('a merge')
  }

  #restricted<Q extends SelectQueryNode | UpdateQueryNode | DeleteQueryNode>(query: Q, tables: readonly OperationNode[]): Q {
    const condition = this.#conditions(tables)
    if (condition === undefined) return query
    // The parentheses keep an `or` inside from reaching around the tenant.
    const where = query.where === undefined ? condition : AndNode.create(ParensNode.create(query.where.where), condition)
    return { ...query, where: WhereNode.create(where) }
  }

  #conditions(tables: readonly OperationNode[]): OperationNode | undefined {
    return tables
      .map((table) => ownerOf(table))
      .filter((owner) => owner !== 'scoped inside')
      .map((owner): OperationNode => {
        const column = ReferenceNode.create(ColumnNode.create('tenant'), TableNode.create(owner.name))
        return BinaryOperationNode.create(column, OperatorNode.create('='), ValueNode.create(this.#scope.tenant))
      })
      .reduce<OperationNode | undefined>((all, next) => (all === undefined ? next : AndNode.create(all, next)), undefined)
  }
}

/** The name whose `tenant` column is to be compared, or that the expression is a query which was scoped itself. */
function ownerOf(table: OperationNode): { readonly name: string } | 'scoped inside' {
  if (TableNode.is(table)) return { name: table.table.identifier.name }
  if (SelectQueryNode.is(table)) return 'scoped inside'
  if (ParensNode.is(table)) return ownerOf(table.node)
  if (AliasNode.is(table)) {
    const inner = ownerOf(table.node)
    if (inner === 'scoped inside') return inner
    if (IdentifierNode.is(table.alias)) return { name: table.alias.name }
  }
  throw refused(`a table given as ${table.kind}`)
}

function actorOfThisInsert(): ColumnUpdateNode {
  return ColumnUpdateNode.create(ColumnNode.create('actor'), ReferenceNode.create(ColumnNode.create('actor'), TableNode.create('excluded')))
}

function withoutTenant(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy = { ...row }
  delete copy['tenant']
  return copy
}

function refused(what: string): Error {
  return fail('bug', `a query with ${what} cannot be held to one tenant`)
}

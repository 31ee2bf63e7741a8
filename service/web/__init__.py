"""HTTP: one module a resource; every error is a problem (`problems`).

addresses    decisions, timeline, outcomes, prospects, ledger; playbooks, policies,
             experiments, planning; audit, contract, health, metrics
documents    what the three kinds have alike: documents (lists, versions, differences),
             drafts, publishing, validation; `life` puts them at the addresses of each
choosing     which playbook answers a request
read         body, strict_json, then requests, fields or queries: bytes, JSON, its shape
around it    access (who may), exchange (ids and headers), preconditions, repeating, logs
answered     answers, problems
once         state (what all share), contract_files, openapi30, server (gunicorn)
"""

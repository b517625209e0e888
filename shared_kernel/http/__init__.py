"""The REST kernel: one way to read a request, one way to refuse it, one way to answer.

Dotted paths for the settings of a deployable:

- middleware, outermost first: `shared_kernel.http.problem_guard.ProblemGuard`,
  `shared_kernel.http.request_id.RequestContextMiddleware`,
  `shared_kernel.http.security_headers.SecurityHeadersMiddleware`,
  `shared_kernel.http.body_limit.BodyLimitMiddleware`, then Django's own;
- `REST_FRAMEWORK` and `SPECTACULAR_SETTINGS` are the dicts of `shared_kernel.http.settings`;
- `CSRF_FAILURE_VIEW` is `shared_kernel.http.django_errors.csrf_failure`;
- the root urlconf sets `handler400`, `handler403`, `handler404` and `handler500` to the views of
  `shared_kernel.http.django_errors`.
"""

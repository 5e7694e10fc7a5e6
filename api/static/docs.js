// The page is /api/docs, so relative addresses are right under every BASE_PATH.
window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null, // the default asks a server of its makers
  queryConfigEnabled: false,
});

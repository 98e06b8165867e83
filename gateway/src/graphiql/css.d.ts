// Style sheets are esbuild's business: it puts them into page.css.
declare module '*.css'

"""Reports about our emails that arrive by mail: bounces and complaints."""
